module example.com/folder

go 1.26.0

require github.com/crosscloud-sdk/crosscloud v0.0.0

require (
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/emmansun/gmsm v0.44.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/crosscloud-sdk/crosscloud => ../..
