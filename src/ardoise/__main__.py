"""`python -m ardoise` is the console script."""

from ardoise.cli import main

if __name__ == "__main__":
    main()
