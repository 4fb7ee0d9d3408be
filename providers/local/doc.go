// Package local is the embedded driver: key-value namespaces and workspaces in a file or in memory, without any cloud. It serves
// tests, laptops and programs that need no more, and imitates the limits of the clouds so that what works here works
// there.
//
// A configuration names it as driver "local" after the package is imported for effect:
//
//	providers:
//	  laptop: {driver: local, path: flags.db}
//	kv:
//	  flags: {provider: laptop, namespace: flags, create: true}
//
// A program can also open a store directly with [Open] and give the services of [Account.KVService] to kv.NewService, and
// those of [Account.WorkspaceService] to workspace.NewService; see the examples.
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
//	option  kind      required  per resource  default  environment
//	path    text      no        no            -        -
//	    The file of the store, which is made if it is not there. Without it the store is in memory.
//	sync    bool      no        no            true     -
//	    Whether a write is on the disk when it returns. In memory it means nothing.
//	like    text      no        yes           -        -
//	    The provider whose limits are imitated. Without it the limits are wide. One of alibaba, aliyun, esa,
//	    tencent, edgeone, teo, cloudflare, workers-kv, guance, guance-external, cms.
//	stale   duration  no        yes           -        -
//	    How old what is read may be: a write shows after exactly so long. Without it a write shows at once.
//
// # like
//
// The option like takes the limits and features of another driver instead: alibaba (aliyun, esa), tencent (edgeone, teo)
// or cloudflare (workers-kv). What that cloud would refuse is refused here too, with the same code: keys, values, TTLs,
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
//	crosscloud     "format" → "1"; "next id" → 8 bytes, the last id given to a namespace; "own workspace" → its id
//	namespaces     name → version 1, id (8 bytes), creation, last change, description
//	usage          id → 8 bytes, how much is stored
//	"records "+id  key → version 1, flags, expiry if flag 1, length and metadata if flag 2, value
//	"expiry "+id   expiry, key → nothing
//	workspaces     id → version 1, JSON
//	api keys       length of the workspace's id (2 bytes), that id, id of the key → version 1, JSON
//
// where a time is 8 bytes of seconds since 1970 with the first bit flipped and 4 bytes of nanoseconds. A later version
// of the library that changes the format reads this one; a file of a later format is refused. The last two buckets are
// made with the first workspace, and are not known to versions of the library without workspaces, which leave them alone.
package local
