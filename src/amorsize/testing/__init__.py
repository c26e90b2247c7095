"""The private test kit: clocks and engines that do as they are told."""
