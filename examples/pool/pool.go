// Package pool renders events as lines of text, reusing the buffers it renders into.
//
// It does so twice. Slices puts the slices themselves into its pool, Buffers puts pointers there.
package pool

import (
	"bytes"
	"io"
	"strconv"
	"sync"
	"time"
)

// Event is something that happened.
type Event struct {
	At   time.Time
	Name string
	Code int
}

// Slices is a pool of byte slices.
var Slices = sync.Pool{
	New: func() any { return make([]byte, 0, 1024) },
}

// Buffers is a pool of pointers to buffers.
var Buffers = sync.Pool{
	New: func() any { return new(bytes.Buffer) },
}

// WriteSlice renders an event into a slice from the pool.
func WriteSlice(w io.Writer, event Event) error {
	line := Slices.Get().([]byte)
	line = appendEvent(line[:0], event)
	_, err := w.Write(line)
	Slices.Put(line)
	return err
}

// WriteSlices renders many events, and gives its slice back however it returns.
func WriteSlices(w io.Writer, events []Event) error {
	line := Slices.Get().([]byte)
	defer func() { Slices.Put(line[:0]) }()
	for _, event := range events {
		line = appendEvent(line[:0], event)
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// WriteBuffer renders an event into a buffer from the pool.
func WriteBuffer(w io.Writer, event Event) error {
	buffer := Buffers.Get().(*bytes.Buffer)
	defer Buffers.Put(buffer)
	buffer.Reset()
	buffer.Write(appendEvent(buffer.AvailableBuffer(), event))
	_, err := buffer.WriteTo(w)
	return err
}

// Later renders an event when it is due, and reports how it went.
func Later(w io.Writer, event Event, report func(error)) *time.Timer {
	var err error
	return time.AfterFunc(time.Until(event.At), func() {
		defer func() { report(err) }()
		err = WriteBuffer(w, event)
	})
}

// appendEvent appends one line.
func appendEvent(line []byte, event Event) []byte {
	line = event.At.AppendFormat(line, time.RFC3339)
	line = append(line, ' ')
	line = append(line, event.Name...)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(event.Code), 10)
	return append(line, '\n')
}
