// Package document holds three ways to combine sync.Pool and defer.
package document

import (
	"encoding/json"
	"io"
	"sync"
)

var slices = sync.Pool{New: func() any { return make([]byte, 0, 4096) }}

// Slice puts back the slice itself. The deferred call does run, however the function ends.
func Slice(w io.Writer, name string) error {
	buf := slices.Get().([]byte)
	defer slices.Put(buf)
	buf = append(buf[:0], name...)
	_, err := w.Write(buf)
	return err
}

var arrays = sync.Pool{New: func() any { return new([4096]byte) }}

// Nil sets the variable to nil before it is put back.
func Nil(w io.Writer, name string) error {
	buf := arrays.Get().(*[4096]byte)
	defer func() {
		buf = nil
		arrays.Put(buf)
	}()
	n := copy(buf[:], name)
	_, err := w.Write(buf[:n])
	return err
}

// Request is what is pooled.
type Request struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

var requests = sync.Pool{New: func() any { return new(Request) }}

// Pointer puts back the pointer that it took, and clears what it points to.
func Pointer(r io.Reader, handle func(id int, name string)) error {
	req := requests.Get().(*Request)
	defer func() {
		*req = Request{}
		requests.Put(req)
	}()
	if err := json.NewDecoder(r).Decode(req); err != nil {
		return err
	}
	handle(req.ID, req.Name)
	return nil
}
