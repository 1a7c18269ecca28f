package text

func before(n int) { kept = n }

//line made.y:100
func after(n int) { kept = n + 1 }
