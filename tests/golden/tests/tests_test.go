package tests

import "testing"

func TestInside(t *testing.T) {
	own()
	Kept = New(2)
	t.Cleanup(func() { Kept = t })
}
