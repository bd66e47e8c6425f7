"""Operations on label images and binary masks."""
