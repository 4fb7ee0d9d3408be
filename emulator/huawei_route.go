package emulator

import (
	"net/http"
	"net/url"
	"strings"
)

// huaweiRoute is what the request line says.
type huaweiRoute struct {
	action  string // empty: there is no such API
	project string
	keyID   string
	tagKey  string
	broken  bool // the path cannot be unescaped
}

// huaweiOperations are the actions of the service, by their names.
var huaweiOperations = map[string]func(*HuaweiKMS, *huaweiCall) (any, *huaweiError){
	"create-key":                       (*HuaweiKMS).createKey,
	"describe-key":                     (*HuaweiKMS).describeKey,
	"list-keys":                        (*HuaweiKMS).listKeys,
	"enable-key":                       (*HuaweiKMS).enableKey,
	"disable-key":                      (*HuaweiKMS).disableKey,
	"schedule-key-deletion":            (*HuaweiKMS).scheduleDeletion,
	"cancel-key-deletion":              (*HuaweiKMS).cancelDeletion,
	"update-key-alias":                 (*HuaweiKMS).updateAlias,
	"update-key-description":           (*HuaweiKMS).updateDescription,
	"user-quotas":                      (*HuaweiKMS).userQuotas,
	"user-instances":                   (*HuaweiKMS).userInstances,
	"create-alias":                     (*HuaweiKMS).createAlias,
	"list-aliases":                     (*HuaweiKMS).listAliases,
	"delete-alias":                     (*HuaweiKMS).deleteAlias,
	"associate-alias":                  (*HuaweiKMS).associateAlias,
	"encrypt-data":                     (*HuaweiKMS).encryptData,
	"decrypt-data":                     (*HuaweiKMS).decryptData,
	"re-encrypt":                       (*HuaweiKMS).reEncrypt,
	"create-datakey":                   (*HuaweiKMS).createDataKey,
	"create-datakey-without-plaintext": (*HuaweiKMS).createDataKey,
	"encrypt-datakey":                  (*HuaweiKMS).encryptDataKey,
	"decrypt-datakey":                  (*HuaweiKMS).decryptDataKey,
	"create-rsa-datakey-pair":          (*HuaweiKMS).createDataKeyPair,
	"create-ec-datakey-pair":           (*HuaweiKMS).createDataKeyPair,
	"gen-random":                       (*HuaweiKMS).genRandom,
	"sign":                             (*HuaweiKMS).sign,
	"verify":                           (*HuaweiKMS).verify,
	"get-publickey":                    (*HuaweiKMS).getPublicKey,
	"generate-mac":                     (*HuaweiKMS).generateMAC,
	"verify-mac":                       (*HuaweiKMS).verifyMAC,
	"enable-key-rotation":              (*HuaweiKMS).enableRotation,
	"disable-key-rotation":             (*HuaweiKMS).disableRotation,
	"update-key-rotation-interval":     (*HuaweiKMS).updateRotation,
	"get-key-rotation-status":          (*HuaweiKMS).rotationStatus,
	"create-tag":                       (*HuaweiKMS).createTag,
	"batch-tags":                       (*HuaweiKMS).batchTags,
	"delete-tag":                       (*HuaweiKMS).deleteTag,
	"list-key-tags":                    (*HuaweiKMS).listKeyTags,
	"list-tags":                        (*HuaweiKMS).listTags,
	"list-resources":                   (*HuaweiKMS).listResources,
	"get-parameters-for-import":        (*HuaweiKMS).importParameters,
	"import-key-material":              (*HuaweiKMS).importMaterial,
	"delete-imported-key-material":     (*HuaweiKMS).deleteMaterial,
}

// huaweiRouteOf reads the request line of a call.
func huaweiRouteOf(method, escaped string) (route huaweiRoute) {
	switch method + " " + escaped {
	case "POST /v3/auth/tokens":
		return huaweiRoute{action: "create-token"}
	case "GET /v3/projects":
		return huaweiRoute{action: "list-projects"}
	}
	parts := strings.Split(escaped, "/")
	if len(parts) < 5 || parts[0] != "" || parts[1] != "v1.0" || parts[3] != "kms" {
		return huaweiRoute{}
	}
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		route.broken = route.broken || err != nil
		parts[i] = plain
	}
	route.project = parts[2]
	rest := parts[4:]
	last := rest[len(rest)-1]
	switch {
	case len(rest) == 1:
		switch name := method + " " + last; name {
		case "GET user-quotas", "GET user-instances":
			route.action = last
		case "POST aliases":
			route.action = "create-alias"
		case "GET aliases":
			route.action = "list-aliases"
		case "DELETE aliases":
			route.action = "delete-alias"
		case "GET tags":
			route.action = "list-tags"
		default:
			if method == http.MethodPost && huaweiVerb(last) {
				route.action = last
			}
		}
	case len(rest) == 2 && method == http.MethodPost && rest[0] == "alias" && last == "associate":
		route.action = "associate-alias"
	case len(rest) == 2 && method == http.MethodPost && rest[0] == "resource_instances" && last == "action":
		route.action = "list-resources"
	case rest[1] != "tags":
	case len(rest) == 2 && method == http.MethodPost:
		route.action, route.keyID = "create-tag", rest[0]
	case len(rest) == 2 && method == http.MethodGet:
		route.action, route.keyID = "list-key-tags", rest[0]
	case len(rest) == 3 && method == http.MethodPost && last == "action":
		route.action, route.keyID = "batch-tags", rest[0]
	case len(rest) == 3 && method == http.MethodDelete:
		route.action, route.keyID, route.tagKey = "delete-tag", rest[0], last
	}
	return route
}

// huaweiVerb reports whether a word is an action that stands in the path as it is called here.
func huaweiVerb(word string) bool {
	switch word {
	case "user-quotas", "user-instances", "create-alias", "list-aliases", "delete-alias", "associate-alias", "create-tag",
		"batch-tags", "delete-tag", "list-key-tags", "list-tags", "list-resources":
		return false
	}
	_, known := huaweiOperations[word]
	return known
}
