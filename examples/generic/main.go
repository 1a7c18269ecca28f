// Command generic counts the words of some files, one goroutine for each file.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Box holds a value that may not be there yet.
type Box[T any] struct {
	value T
	full  bool
}

// NewBox returns a box with a value in it.
func NewBox[T any](value T) *Box[T] {
	return &Box[T]{value: value, full: true}
}

// Get returns the value, or the fallback if the box is empty.
func (b *Box[T]) Get(fallback T) T {
	if !b.full {
		return fallback
	}
	return b.value
}

// Map applies a function to every element.
func Map[T, U any](values []T, convert func(T) U) []U {
	mapped := make([]U, 0, len(values))
	for _, value := range values {
		mapped = append(mapped, convert(value))
	}
	return mapped
}

// result is the count of one file.
type result struct {
	name  string
	words int
	err   error
}

// count counts the words of one file.
func count(name string) result {
	file, err := os.Open(name)
	if err != nil {
		return result{name: name, err: err}
	}
	defer file.Close()
	words := 0
	scanner := bufio.NewScanner(file)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		words++
	}
	return result{name: name, words: words, err: scanner.Err()}
}

// countAll counts all files at once.
func countAll(names []string) []result {
	results := make([]result, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		i, name := i, name
		wait.Add(1)
		go func() {
			defer wait.Done()
			results[i] = count(name)
		}()
	}
	wait.Wait()
	return results
}

// touch opens all files, so that a missing one is found before any is read.
func touch(names []string) error {
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
	}
	return nil
}

func main() {
	if err := touch(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	total := NewBox(0)
	label := NewBox("words")
	for _, r := range countAll(os.Args[1:]) {
		total = NewBox(total.Get(0) + r.words)
	}
	fmt.Println(Map(os.Args[1:], filepath.Base), total.Get(0), label.Get(""))
}
