module escapelens/types

go 1.21
