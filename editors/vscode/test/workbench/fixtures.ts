/** The Go modules that the workbench shows. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXTENSION } from './programs';

export function write(folder: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** The module that the README of the project shows, and a file whose bytes are not its characters. */
export function writeStore(folder: string): void {
  cpSync(join(EXTENSION, '../../examples/store'), folder, { recursive: true });
  write(folder, { 'text.go': TEXT, 'crlf.go': CRLF, 'longest.go': LONGEST, 'pooled.go': POOLED, 'pooled_test.go': POOLED_TEST });
}

const TEXT = `package store

// Greeting leads an emoji, an accent and a tab past the compiler's byte columns.
func Greeting(größe int) *string {
	naïve := "🦫 naïve" +	"ß"; gruß := "🦫🦫" + naïve[:größe%2]
	return &gruß
}
`;

const CRLF = ['package store', '', 'func Windows() *int {', '\tn := 1', '\treturn &n', '}', ''].join('\r\n');

/** Values that a rewrite takes from the heap: one without a question, and one to be looked at. */
const LONGEST = `package store

type pair struct{ first, second int }

func newPair(first, second int) *pair {
	p := pair{first, second}
	return &p
}

// Sum adds through a pair.
func Sum(first, second int) int {
	p := newPair(first, second)
	return p.first + p.second
}

// Longest returns the length of the longest word, as a function.
func Longest(words []string) func() int {
	longest := 0
	get := func() int { return longest }
	for _, word := range words {
		if len(word) > longest {
			longest = len(word)
		}
	}
	return get
}
`;

/** A value of a pool that is used after it was given back. */
const POOLED = `package store

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Text is used by somebody else when it returns.
func Text(n int) []byte {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	b.WriteByte(byte(n))
	return b.Bytes()
}
`;

const POOLED_TEST = `package store

import "testing"

func BenchmarkAdd(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Add(i, "Ann")
	}
}
`;

/** A workspace of two folders: one with a go.work over two modules and a third beside, and one module. */
export function writeMany(folder: string): string {
  const module = (name: string): string => `module example.com/${name}\n\ngo 1.21\n`;
  const source = (name: string): string => `package ${name}\n\nfunc New() *int {\n\tn := 1\n\treturn &n\n}\n`;
  write(folder, {
    'left/go.work': 'go 1.21\n\nuse (\n\t./one\n\t./two\n)\n',
    'left/one/go.mod': module('one'),
    'left/one/one.go': source('one'),
    'left/two/go.mod': module('two'),
    'left/two/two.go': source('two'),
    'right/go.mod': module('right'),
    'right/right.go': source('right'),
    'right/nested/go.mod': module('nested'),
    'right/nested/nested.go': source('nested'),
  });
  const workspace = join(folder, 'many.code-workspace');
  write(folder, { 'many.code-workspace': JSON.stringify({ folders: [{ path: 'left' }, { path: 'right' }] }) });
  return workspace;
}

/** A module with 2,000 sites in 40 files of 8 packages. */
export function writeLarge(folder: string): void {
  const functions = Array.from({ length: 50 }, (_, index) => `\nfunc New${index}() *int {\n\tn := ${index}\n\treturn &n\n}\n`);
  write(folder, { 'go.mod': 'module example.com/large\n\ngo 1.21\n' });
  for (let index = 0; index < 8; index++) {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const own = functions.map((text) => text.replace('New', `New${name}`)).join('');
      write(folder, { [`p${index}/${name}.go`]: `package p${index}\n${own}` });
    }
  }
}
