"""Rewrite accounts and feeds of the three sample providers."""

from __future__ import annotations

from tools.sample_data.books import sample_books, write_book


def main() -> None:
    """Write every sample book and say how much it is."""
    for provider, files in sample_books().items():
        write_book(provider, files)
        size_kb = sum(len(content) for content in files.values()) // 1024
        print(f"providers/{provider}: {len(files)} files, {size_kb} KB")


if __name__ == "__main__":
    main()
