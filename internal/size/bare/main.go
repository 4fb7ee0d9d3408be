// Command bare is what any program over HTTP and JSON costs; the others are compared with it.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	reply, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reply.Body.Close()
	var v any
	fmt.Println(json.NewDecoder(reply.Body).Decode(&v), v)
}
