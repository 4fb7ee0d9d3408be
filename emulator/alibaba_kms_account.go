package emulator

import (
	"crypto/rand"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// alibabaKMSPolicy is the policy of a key that was given none: the account may do anything.
const alibabaKMSPolicy = `{"Statement":[{"Action":["kms:*"],"Effect":"Allow","Principal":{"RAM":["acs:ram::` + alibabaKMSAccount +
	`:*"]},"Resource":["*"],"Sid":"kms default key policy"}],"Version":"1"}`

func (a *AlibabaKMS) describeRegions(*alibabaKMSCall) (alibabaReply, *alibabaError) {
	return alibabaReply{"Regions": alibabaReply{"Region": []alibabaReply{{"RegionId": alibabaRegion}}}}, nil
}

func (a *AlibabaKMS) describeAccountKmsStatus(*alibabaKMSCall) (alibabaReply, *alibabaError) {
	if a.config.Offline {
		return alibabaReply{"AccountStatus": "NotEnabled"}, nil
	}
	return alibabaReply{"AccountStatus": "Enabled"}, nil
}

// policyOf reads the key of an action on policies, of which there is one, "default".
func (a *AlibabaKMS) policyOf(c *alibabaKMSCall) (*alibabaKMSKey, *alibabaError) {
	if _, err := c.choice("PolicyName", "default"); err != nil {
		return nil, err
	}
	return a.findOwn(c, "KeyId")
}

func (a *AlibabaKMS) setKeyPolicy(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	policy, err := c.need("Policy")
	if err != nil {
		return nil, err
	}
	if len(policy) > alibabaKMSMaxPolicy || !json.Valid([]byte(policy)) {
		return nil, alibabaBad("Policy")
	}
	k, err := a.policyOf(c)
	if err != nil {
		return nil, err
	}
	k.policy = policy
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) getKeyPolicy(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.policyOf(c)
	if err != nil {
		return nil, err
	}
	return alibabaReply{"Policy": k.policy}, nil
}

// getRandomPassword is all that the vendor has of random bytes: 8 to 128 characters, 32 if not said.
func (a *AlibabaKMS) getRandomPassword(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	length, err := c.integer("PasswordLength", 32, 8, 128)
	if err != nil {
		return nil, err
	}
	every, err := c.choice("RequireEachIncludedType", "true", "false")
	if err != nil {
		return nil, err
	}
	excluded, kinds := c.text("ExcludeCharacters"), []string{}
	for _, kind := range []struct{ name, characters string }{
		{"ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"}, {"ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"ExcludeNumbers", "0123456789"}, {"ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
	} {
		without, err := c.flag(kind.name)
		if err != nil {
			return nil, err
		}
		left := strings.Map(func(r rune) rune {
			if strings.ContainsRune(excluded, r) {
				return -1
			}
			return r
		}, kind.characters)
		if !without && left != "" {
			kinds = append(kinds, left)
		}
	}
	if len(kinds) == 0 {
		return nil, alibabaBad("ExcludeCharacters")
	}
	all := strings.Join(kinds, "")
	for {
		password := make([]byte, length)
		for i := range password {
			n, failed := rand.Int(rand.Reader, big.NewInt(int64(len(all))))
			if failed != nil {
				return nil, alibabaFault("InternalFailure")
			}
			password[i] = all[n.Int64()]
		}
		lacks := func(kind string) bool { return !strings.ContainsAny(string(password), kind) }
		if every == "false" || !slices.ContainsFunc(kinds, lacks) {
			return alibabaReply{"RandomPassword": string(password)}, nil
		}
	}
}
