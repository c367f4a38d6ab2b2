"""How Framecue's own segmenter is made: data, network, training, export, evaluation. See README.md here."""
