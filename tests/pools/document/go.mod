module example.com/document

go 1.21
