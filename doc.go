// Package crosscloud opens edge key-value namespaces, encryption keys and observability workspaces by name, wherever they
// live. The code names a resource, a configuration file says which provider serves it, and moving it to another provider
// is an edit of that file.
//
//	providers:
//	  laptop:
//	    driver: local
//	    path: flags.db
//	kv:
//	  flags:
//	    provider: laptop
//	    namespace: flags
//	    create: true
//
//	client, err := crosscloud.Open(ctx, crosscloud.File("crosscloud.yaml"))
//	defer client.Close()
//	flags, err := client.KV(ctx, "flags")
//	err = flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour))
//
// Drivers are linked by importing their packages for effect: one of them, such as
// github.com/crosscloud-sdk/crosscloud/providers/local, or all built-in ones with
// github.com/crosscloud-sdk/crosscloud/providers/all.
//
// # The configuration
//
// A YAML file has up to four sections. An entry of providers is an account: its driver, the driver's options (see the
// documentation of each provider's package), and these fields of any driver:
//
//	max_attempts     how many requests a call may send, the first included (default 4)
//	concurrency      how many requests may be under way at once (default 64), for each service of the entry: the
//	                 resources that say the same options of the driver share one
//	attempt_timeout  how long one HTTP request may take, such as "30s" (default: the driver's, 1 or 2 minutes)
//	rate_limit       replaces the provider's documented rate limits: "20/1s", several joined by commas, or "none"
//	rate_share       the part of every rate limit that this process may use, such as "40%"
//
// An entry of kv is a named resource: its provider, those of the driver's options that may differ from resource to
// resource, and these fields:
//
//	namespace       the namespace's name
//	namespace_id    the vendor's id, where the provider addresses namespaces by id; spares looking up the name
//	create          true makes the namespace at the first opening if it is not there
//	key_encoding    "underscore-hex" spells keys in a narrow alphabet; see kv.UnderscoreHex
//	value_encoding  "base64" stores values as text; see kv.Base64
//	read_back       true reads a key after a put of which nobody knows whether it happened; see kv.WithReadBack
//
// An entry of kms is a key: its provider, those of the driver's options that may differ from resource to resource, and
// these fields:
//
//	key           the key's id at the provider
//	key_name      its name instead, whose id is looked up at the first opening
//	create        true makes the key at the first opening if no key has that name; some providers charge for keys
//	spec          what is made, such as "EC_P256" (default "AES_256"); package kms lists the specs
//	usage         "ENCRYPT_DECRYPT" or "SIGN_VERIFY", which RSA and SM2 keys need; others have that of their spec
//	decrypt_with  further kms resources whose ciphertexts this one opens too, so that a key can be replaced by editing the
//	              configuration: [orders-2025, orders-2024]
//
// An entry of workspace is a workspace that is there: its provider, those of the driver's options that may differ from
// resource to resource, and this field:
//
//	workspace  the workspace's id; without it, the workspace that the provider's credentials belong to, if they belong
//	           to one (those of Alibaba Cloud and of Guance's External API do not)
//
// Workspaces are made in code, by [Client.WorkspaceService].
//
// In the driver's options, namespace, namespace_id, key, key_name and workspace, ${NAME} stands for an environment
// variable and $${ for a literal ${. It is replaced when a resource is first opened, so a program needs the credentials
// only of the providers that it uses. Inside a { } mapping, YAML wants quotes around such a value. A secret may also be
// given as NAME_file, the path of a file that holds it and perhaps one line break after it, such as root_key_file or
// secret_key_file. What the configuration does not say is looked up in the environment variables that the driver
// documents, where an empty one counts as not set, and for secrets in the file that the variable with _FILE behind its
// name gives; what the configuration says goes before them.
//
// Every value is one text, number, true or false. Other lists, anchors, aliases, tags and a second document are refused, as
// are fields that nothing knows and fields given twice.
//
// Everything that the file can say can be said with options of [Open] too: [WithProvider], [WithKV],
// [WithKMS] and [WithWorkspace].
//
// # Around calls
//
// The deadline of a call's context bounds the whole call, repetitions and waiting for the rate limit included; the field
// attempt_timeout bounds each request, and max_attempts: 1 switches repetitions off. [WithPolicy] sets the same for all
// providers, and hooks for metrics and traces; [WithLogger] the logger. Connections go through the proxy that the
// environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, unless [WithDialContext] makes them; certificates are
// checked by the system's roots, or by those of [WithTLSConfig]. [Client.Close] lets running calls finish.
package crosscloud
