"""Make up calls to the API until something breaks: `gongjian withdb -- python -m tests.fuzz_api --examples 20000`."""

import argparse
import os
import sys

import pytest


def main() -> int:
    """Run the contract test with so many examples and return pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20_000, help="calls over all operations")
    parser.add_argument("--seed", type=int, default=0, help="another number makes up other calls")
    args = parser.parse_args()
    os.environ["GONGJIAN_FUZZ"] = str(args.examples)
    words = ["tests/test_api_contract.py", "-k", "made_up", "-p", "no:cacheprovider"]
    words.append(f"--hypothesis-seed={args.seed}")
    code = int(pytest.main(words))
    print(f"{next(sys.modules['tests.test_api_contract'].addresses) - 1} calls")
    return code


if __name__ == "__main__":
    sys.exit(main())
