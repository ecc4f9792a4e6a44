"""Operations of migrations that let the version before go on meanwhile (docs/deploying.md)."""
