// Package local is the embedded driver: key-value namespaces, encryption and signing keys, and workspaces, in a file or in
// memory, without any cloud. It serves tests, laptops and programs that need no more, and imitates the limits of the
// clouds so that what works here works there.
//
// A configuration names it as driver "local" after the package is imported for effect:
//
//	providers:
//	  laptop: {driver: local, path: flags.db}
//	kv:
//	  flags: {provider: laptop, namespace: flags, create: true}
//
// A program can also open a store directly with [Open] and give the services of [Account.KVService] to kv.NewService,
// those of [Account.KMSService] to kms.NewService, and those of [Account.WorkspaceService] to workspace.NewService; see the
// examples.
//
// # Durability
//
// A store in memory ends with its [Account]. A store in a file is a bbolt database. A write that has returned without
// an error is on the disk, and survives the death of the process and of the machine; writes of several callers at
// the same time share a sync. Each call is one transaction: a batch is written whole or not at all. With sync: false
// (Options.NoSync) writes survive the death of the process only.
//
// One Account at a time uses a file. A second one, in this process or another, gets errs.Conflict at once. Files
// belong on a local disk: network file systems do not lock reliably.
//
// # Limits
//
// Keys have 1 to 512 bytes of UTF-8; values up to 25 MiB of any bytes; metadata up to 1024 bytes; a TTL is at least
// one second; batches have up to 1,000 keys and 100 MB; a page of a listing has up to 1,000 keys, in the order of
// their bytes. A key is absent from the instant of its expiry on, and its record is removed by later writes to its
// namespace, up to 100 records at a time. A namespace's usage is the bytes of its keys and records, expired ones
// included until they are removed.
//
// # Options
//
//	option    kind      required  per resource  default  environment
//	path      text      no        no            -        -
//	    The file of the store, which is made if it is not there. Without it the store is in memory.
//	sync      bool      no        no            true     -
//	    Whether a write is on the disk when it returns. In memory it means nothing.
//	like      text      no        yes           -        -
//	    The provider whose limits are imitated. Without it the limits are wide. One of alibaba, aliyun, esa,
//	    tencent, edgeone, teo, cloudflare, workers-kv, huawei, guance, guance-external, cms.
//	stale     duration  no        yes           -        -
//	    How old what is read may be: a write shows after exactly so long. Without it a write shows at once.
//	root_key  secret    no        no            -        CROSSCLOUD_LOCAL_ROOT_KEY
//	    The base64 of the 32 bytes that keys are encrypted with, as openssl rand -base64 32 makes it. A file that
//	    it is given by may have any permissions, as mounted secrets do: who may read it is yours to say. Without
//	    it, it is in a file beside the store, which is made when keys are first used; in memory it is random.
//
// # like
//
// The option like takes the limits and features of another driver instead, for namespaces of alibaba (aliyun, esa), tencent
// (edgeone, teo) or cloudflare (workers-kv); for keys and workspaces see there. What that cloud would refuse is refused here too, with the same code: keys, values, TTLs,
// metadata, batches, pages and names over its limits, a listing past its end, an eleventh namespace. What it cannot do,
// the service and its namespaces cannot do either; what costs it a request of its own costs one here.
//
// It does not imitate rate limits, latencies, failures, storage quotas, credentials, the wire format, the order of
// listings, deletion in the background, or Cloudflare's inability to read binary values in a batch. Namespaces are
// always addressed by name. The store itself has no limits of its own: what was written without like stays readable
// with it.
//
// # stale
//
// The option stale makes every read of keys (get, batch, listing, expiry and metadata) show what was there so long
// ago: the worst that the edges of an eventually consistent cloud do, but the same each time. Writes through any
// service of the same Account count. Expiry is judged by the present, as an edge judges its copy. Namespaces
// themselves are never stale. The past is kept in memory, from the moment that the first stale service is opened:
// after reopening everything shows. What many edges do differently from each other is not imitated. The clouds document
// a lag of 300 s (Alibaba Cloud), and 60 s (Cloudflare; Tencent Cloud for a sibling product): with like, Capabilities
// say so whatever stale is.
//
// # Keys
//
// Keys are for development and tests. Their cryptography is real: AES-256-GCM and SM4-GCM, RSA-OAEP, RSA-PSS and RSA
// PKCS #1 v1.5, ECDSA on P-256 and P-384, SM2 with SM3, from the standard library and github.com/emmansun/gmsm. But whoever
// can read the memory of the process, or both the store and the root key, has all keys. There is no access control, no
// audit, and no hardware. Production keys belong into a service that has those.
//
// What a store in a file has of keys is encrypted and authenticated with the root key, each record for its own place. So
// the store alone tells nothing of keys but their ids, names, aliases and how many there are, and what is changed in it is
// errs.Corrupt. That an older copy of the whole file is put back, or that a key or name is removed from it, is not noticed.
// Of removed keys the file may still have encrypted pages that are not used again yet. Beside the store, the root key is
// in a file of the store's name with ".rootkey" behind, which is made with the first call for keys, has the mode 0600, and
// is refused when its mode lets anybody else use it: that protects from other users of the machine, not from whoever
// copies the directory, as backups do. Give the root key by the option to keep the two apart. Without its root key, a
// store's keys are lost; with another one, every call is errs.Unauthenticated and nothing is changed.
//
// Names have 1 to 256 characters and are unique, and so are aliases, which are names of their own. Plaintext has up to
// 32 KiB, a data key up to 8,192 bytes, an encryption context and a message up to 64 KiB; a key has up to 50 tags; its
// deletion is scheduled 1 to 3,650 days ahead, from every other state, and a cancelled one leaves the key disabled. At its
// time the key is gone, and what is stored of it is removed by the next calls for any key. Symmetric keys are rotated
// every 1 to 3,650 days: when a key is used after its period, it first gets a new version. Periods without use make none,
// and a disabled key gets its version when it is enabled. Key pairs are rotated on request only, and requests name their
// versions, which are numbers from 1 on. Material can be imported for symmetric keys, with parameters that end after a
// day; what is imported again must be the same. Keys are never stale.
//
// Symmetric ciphertexts name their key and version:
//
//	"clk", 1         4 bytes
//	what it is       "d" data, "k" data key
//	id of the key    its length in 2 bytes, and the id
//	version          8 bytes
//	nonce            12 bytes
//	AES-256-GCM or SM4-GCM of the plaintext, whose associated data are all before the nonce and the encryption context
//
// What was encrypted with a public key has the plain form of the algorithm.
//
// The option like takes for keys the limits of Huawei Cloud, Alibaba Cloud or Tencent Cloud (in a region of AES-256 keys),
// and what they do differently: the state after a cancelled deletion, whether a key is switched on twice, data keys that
// are opened by a request of their own. Ciphertexts stay those of this driver. Requests never name versions, no
// region is asked for the spec of its keys, keys on secp256k1 are not made, options of the cloud are not known, and no key
// belongs to another service. What one request of the cloud does not do although it has that request is done here:
// re-encryption with another context by the same version of a key, and SM2 keys in a region of AES-256 keys (Tencent
// Cloud).
//
// # Workspaces
//
// Names of workspaces and of API keys have 1 to 256 characters, descriptions up to 1024; languages are en and zh; any
// kind of data can have a daily limit, which is kept and not enforced. All services of an Account share the workspaces.
// The empty id is the store's own workspace, which is made at its first use, and again at the next one after it was
// deleted. The roles of a key are kept and mean nothing. Options that were given when a workspace was made are shown in
// Info.Vendor. Workspaces are never stale.
//
// API keys have random secrets, which no request of this driver needs: they are there for programs that pass them on.
// The file holds them in the clear, readable for whoever can read it, and listings tell them again. This is for
// development only: put no secret of another system into it.
//
// The option like takes for workspaces what another API declares: guance is the OpenAPI of Guance, with the key of one
// workspace, which can make others but neither list nor delete; guance-external is the External API of its private
// deployments; cms is Alibaba Cloud CMS 2.0, where names are ids and creating replaces.
//
// # File format
//
// Format 1 has these buckets, all numbers big-endian:
//
//	crosscloud     "format" → "1"; "next id" → 8 bytes, the last id given to a namespace; "own workspace" → its id;
//	               "root key" → sealed "crosscloud"
//	namespaces     name → version 1, id (8 bytes), creation, last change, description
//	usage          id → 8 bytes, how much is stored
//	"records "+id  key → version 1, flags, expiry if flag 1, length and metadata if flag 2, value
//	"expiry "+id   expiry, key → nothing
//	workspaces     id → version 1, JSON
//	api keys       length of the workspace's id (2 bytes), that id, id of the key → version 1, JSON
//	kms keys       id → sealed: version 1, JSON
//	kms material   length of the key's id (2 bytes), that id, version (8 bytes) → sealed: the bytes of a symmetric key,
//	               PKCS #8 of a pair
//	kms names      name → sealed: id of the key
//	kms aliases    alias → sealed: id of the key
//	kms due        time, id → version 1: when a key or its imported material ends
//
// where a time is 8 bytes of seconds since 1970 with the first bit flipped and 4 bytes of nanoseconds. What is sealed is
// version 1, a nonce of 12 bytes, and AES-256-GCM by the root key, whose associated data are "crosscloud kms 1", a zero
// byte, the name of the bucket, a zero byte and the key in the bucket. A later version of the library that changes the
// format reads this one; a file of a later format is refused. The buckets of workspaces are made with the first
// workspace and those of keys with the first key; versions of the library that do not know them leave them alone.
package local
