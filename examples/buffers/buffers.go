// Package buffers reads and writes records, each a line of text behind its length.
package buffers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// headerSize is the number of bytes that hold a record's length.
const headerSize = 4

// maxSize is the longest record that is read.
const maxSize = 1 << 20

// ErrTooLong is returned for a record that is longer than any writer makes.
var ErrTooLong = errors.New("buffers: record too long")

// ReadRecord reads one record.
func ReadRecord(r io.Reader) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header[:])
	if size > maxSize {
		return nil, ErrTooLong
	}
	record := make([]byte, size)
	_, err := io.ReadFull(r, record)
	return record, err
}

// WriteRecord writes one record.
func WriteRecord(w io.Writer, text string) error {
	header := make([]byte, headerSize)
	binary.BigEndian.PutUint32(header, uint32(len(text)))
	if _, err := w.Write(header); err != nil {
		return err
	}
	_, err := w.Write([]byte(text))
	return err
}

// Checksum adds up everything that can be read, in chunks of a page.
func Checksum(r io.Reader) (uint32, error) {
	var sum uint32
	var page [4096]byte
	for {
		n, err := r.Read(page[:])
		for _, b := range page[:n] {
			sum = sum<<1 + uint32(b)
		}
		if err == io.EOF {
			return sum, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// Fields splits a line at commas and trims each part.
func Fields(line []byte) []string {
	var fields []string
	for _, field := range bytes.Split(line, []byte(",")) {
		fields = append(fields, strings.TrimSpace(string(field)))
	}
	return fields
}

// Padded returns a line of the given width.
func Padded(line string, width int) string {
	padding := make([]byte, max(0, width-len(line)))
	for i := range padding {
		padding[i] = ' '
	}
	return line + string(padding)
}

// CountWords counts words without keeping any of them.
func CountWords(text []byte) map[string]int {
	counts := make(map[string]int)
	for _, word := range bytes.Fields(text) {
		counts[string(word)]++
	}
	return counts
}

// Vowels counts vowels in a table that is used up before the function returns.
func Vowels(text string) int {
	var table [256]int
	for _, b := range []byte(text) {
		table[b]++
	}
	return table['a'] + table['e'] + table['i'] + table['o'] + table['u']
}
