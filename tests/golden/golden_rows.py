"""The rows that golden answers are made for: a 64-bit LCG and sums in a fixed order, as in tests/golden_rows.rs."""

import numpy as np


class Lcg:
    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**53

    def normal(self):
        total = 0.0
        for _ in range(12):
            total += self.unit()
        return total - 6.0


def rows(seed, count, columns, classes_by_turn, carry, grow):
    draws = Lcg(seed)
    x, y = [], []
    for i in range(count):
        label = classes_by_turn[i % len(classes_by_turn)]
        row, before = [], 0.0
        for j in range(columns):
            before = carry * before + draws.normal()
            centre = ((label * 7 + j * 3) % 5) * 0.6
            row.append((before + centre) * (1.0 + grow * j))
        x.append(row)
        y.append(label)
    x, y = np.array(x), np.array(y)
    test = np.arange(count) % 4 == 3
    return x[~test], y[~test], x[test]
