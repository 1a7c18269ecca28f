"""`python -m escapelens` is the same as `escapelens`."""

from escapelens.cli import start

if __name__ == "__main__":
    start()
