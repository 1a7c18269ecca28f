package main

import (
	"bytes"
	"os"
	"strings"
)

// pooled are the packages that are looked through for pools, by their IDs: any may call a function
// of another that puts back what it is given. Of the standard library, which is large, those
// suffice whose files speak of pools, and those of the same tree that import one of these.
func (u *universe) pooled(packages []Package) map[string]bool {
	found := map[string]bool{}
	for _, listed := range packages {
		found[listed.ID] = listed.Near && (!isStandard(listed) || u.speaksOfPools(listed))
	}
	var importers []string
	for _, listed := range packages {
		for _, id := range listed.Imports {
			if listed.Near && found[id] && firstOf(id) == firstOf(listed.ID) {
				importers = append(importers, listed.ID)
			}
		}
	}
	for _, id := range importers {
		found[id] = true
	}
	return found
}

func (u *universe) speaksOfPools(listed Package) bool {
	for _, file := range listed.Files {
		if other, ok := u.overlay[file]; ok {
			file = other
		}
		text, err := os.ReadFile(file)
		if err == nil && bytes.Contains(text, []byte(`"sync"`)) && bytes.Contains(text, []byte("Pool")) {
			return true
		}
	}
	return false
}

// isStandard tells a package of the standard library.
func isStandard(listed Package) bool {
	return listed.GoVersion == "" && !strings.Contains(firstOf(listed.ID), ".")
}

// firstOf is the part of an import path before the first slash.
func firstOf(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}
