//go:build go1.23

package closures

func collect(each func(yield func(int) bool)) *int {
	for i := range each {
		if i > 10 {
			return &i
		}
	}
	return nil
}
