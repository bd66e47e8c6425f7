"""Operations on label images and binary masks: arrays in, arrays out."""
