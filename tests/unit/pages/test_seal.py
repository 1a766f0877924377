from leaderboard.pages.seal import rosette


def test_seal_is_drawn_from_the_digest():
    digest = bytes(range(32))
    assert rosette(digest.hex()) == rosette(digest.hex())
    for ring, place in [(0, 0), (4, 4), (0, 8), (4, 12)]:
        other = bytearray(digest)
        other[place] += 5
        changed = [a != b for a, b in zip(rosette(digest.hex()), rosette(other.hex()), strict=True)]
        assert changed == [number == ring for number in range(5)]


def test_seal_stays_on_its_field():
    for digest in ("00" * 32, "ff" * 32, "7f" * 32):
        numbers = [
            float(number)
            for ring in rosette(digest)
            for number in ring.strip("MZ").replace("L", " ").split()
        ]
        assert min(numbers) >= 0
        assert max(numbers) <= 100
