package local

// engine is an ordered store of bytes in named buckets. All that this package knows of keys and namespaces is written
// above it, once for both engines.
type engine interface {
	// view runs fn over one state of the store.
	view(fn func(reader) error) error
	// update runs fn and then makes all of its changes at once; none if fn fails. It is not called concurrently.
	update(fn func(writer) error) error
	// close ends the engine, when no transaction is under way and none follows.
	close() error
}

// reader is one state of a store.
type reader interface {
	// bucket returns the bucket of that name, nil if there is none.
	bucket(name string) bucket
}

// writer is a state of a store with the changes made to it so far.
type writer interface {
	reader
	// create makes a bucket that is not there yet.
	create(name string) error
	// drop removes a bucket with all that it holds.
	drop(name string) error
}

// bucket is an ordered set of keys with values. Keys and values are not empty, except that a value may be where
// nobody asks for it. Values that are read are valid until the transaction ends and must not be changed; values that
// are written must not be changed any more.
type bucket interface {
	// get returns the value of key, nil if there is none.
	get(key string) []byte
	put(key string, value []byte) error
	delete(key string) error
	// seek returns a cursor that stands before the first key that is not less than key. A change of the bucket ends
	// its use.
	seek(key string) cursor
}

// cursor walks over a bucket in the order of the bytes of its keys.
type cursor interface {
	// next returns the next key and its value, false after the last.
	next() (key string, value []byte, ok bool)
}
