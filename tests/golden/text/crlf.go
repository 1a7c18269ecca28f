package text

func returns(n int) {
	kept = &n
	kept = func() int {
		return n
	}
}
