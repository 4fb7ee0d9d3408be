package kvtest

import (
	"slices"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// check is one sub-test: it proves one rule. It is a type of this package, so that the tables of checks need no names of fields.
type check conformance.Check[*suite, traits]

// need returns why a check does not apply, empty where it does.
type need = conformance.Need[traits]

// traits is what is declared.
type traits struct {
	h       *Harness
	caps    driver.Capabilities
	service driver.ServiceCapabilities
}

// checks returns all checks, in the order in which they are run.
func checks() []conformance.Check[*suite, traits] {
	var all []conformance.Check[*suite, traits]
	for _, c := range slices.Concat(
		declareChecks(), basicChecks(), valueChecks(), keyChecks(), ttlChecks(), ttlLimitChecks(), expiryChecks(),
		metadataChecks(), listChecks(), pageChecks(), batchGetChecks(), batchWriteChecks(), bulkChecks(), aliasChecks(),
		contextChecks(), concurrentChecks(), serviceChecks(), describeChecks(), errorChecks(), credentialChecks(), portableChecks(),
	) {
		all = append(all, conformance.Check[*suite, traits](c))
	}
	return all
}

// declared needs one capability of the namespace.
func declared(what string, support func(*driver.Capabilities) driver.Support) need {
	return conformance.That(func(k *traits) bool { return support(&k.caps) != driver.None }, "declares "+what+" None")
}

// undeclared needs that one capability of the namespace is not there.
func undeclared(what string, support func(*driver.Capabilities) driver.Support) need {
	return conformance.That(func(k *traits) bool { return support(&k.caps) == driver.None }, "declares "+what)
}

// serves needs one capability of the service.
func serves(what string, support func(*driver.ServiceCapabilities) driver.Support) need {
	return conformance.That(func(k *traits) bool { return support(&k.service) != driver.None }, "the service declares "+what+" None")
}

func ttlSupport(c *driver.Capabilities) driver.Support          { return c.TTL }
func expirySupport(c *driver.Capabilities) driver.Support       { return c.Expiry }
func emptySupport(c *driver.Capabilities) driver.Support        { return c.EmptyValue }
func binarySupport(c *driver.Capabilities) driver.Support       { return c.BinaryValue }
func metadataSupport(c *driver.Capabilities) driver.Support     { return c.Metadata }
func readMetadataSupport(c *driver.Capabilities) driver.Support { return c.ReadMetadata }
func listExpirySupport(c *driver.Capabilities) driver.Support   { return c.List.Expiry }
func listMetaSupport(c *driver.Capabilities) driver.Support     { return c.List.Metadata }
func getBatchSupport(c *driver.Capabilities) driver.Support     { return c.GetBatch.Support }
func putBatchSupport(c *driver.Capabilities) driver.Support     { return c.PutBatch.Support }
func delBatchSupport(c *driver.Capabilities) driver.Support     { return c.DeleteBatch.Support }

var (
	needTTL          = declared("TTL", ttlSupport)
	needExpiry       = declared("Expiry", expirySupport)
	needMetadata     = declared("Metadata", metadataSupport)
	needReadMetadata = declared("ReadMetadata", readMetadataSupport)
	needGetBatch     = declared("GetBatch", getBatchSupport)
	needPutBatch     = declared("PutBatch", putBatchSupport)
	needDeleteBatch  = declared("DeleteBatch", delBatchSupport)

	needVirtualTime = conformance.That(func(k *traits) bool { return k.h.VirtualTime }, "waits for keys to expire, for which the harness has no virtual time")
	needCreate      = conformance.That(func(k *traits) bool { return k.h.Namespace == "" && k.service.Create != driver.None },
		"creates namespaces, which the harness or the service does not let it")
	needDelete = serves("Delete", func(c *driver.ServiceCapabilities) driver.Support { return c.Delete })
	needRename = serves("Rename", func(c *driver.ServiceCapabilities) driver.Support { return c.Rename })
	needUsage  = serves("Usage", func(c *driver.ServiceCapabilities) driver.Support { return c.Usage })

	needDescription    = serves("Description", func(c *driver.ServiceCapabilities) driver.Support { return c.Description })
	needSetDescription = serves("SetDescription", func(c *driver.ServiceCapabilities) driver.Support { return c.SetDescription })
	needGetNamespace   = serves("Get", func(c *driver.ServiceCapabilities) driver.Support { return c.Get })

	needSmallValues = conformance.That(func(k *traits) bool { return k.caps.MaxValueBytes <= largestValue }, "the largest value is too large for a test")
)

// largestValue bounds the values that are made to stand at a limit.
const largestValue = 64 << 20
