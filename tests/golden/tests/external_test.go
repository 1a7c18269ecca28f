package tests_test

import (
	"testing"

	"example.com/tests"
)

func TestOutside(t *testing.T) {
	tests.Kept = tests.New(3)
	tests.Box(4)
}
