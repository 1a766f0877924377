"""`python -m leaderboard.cli` is `assay`, for where the script is not on the path."""

from leaderboard.cli.app import main

if __name__ == "__main__":
    main()
