"""`python -m escapelens` is the same as `escapelens`."""

from escapelens.cli import main

if __name__ == "__main__":
    main()
