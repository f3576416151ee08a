"""Makes tests/golden/audio/lame128.mp3: a clip of the synthetic corpus through a real mp3 encoder at 128 kbit/s.

Pinned: numpy 2.4.6, lameenc 1.8.1 (LAME 3.100 inside). The clip is the one that tests/inspect.rs calls ENCODED_CLIP:
genre 1, clip 0 of 3 genres x 4 clips of 6 s, two artists a genre, seed 1.
Run: python tests/golden/make_inspection.py GENREBENCH-BINARY
"""

import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import lameenc

OUT = Path(__file__).parent / "audio" / "lame128.mp3"

with tempfile.TemporaryDirectory() as folder:
    arguments = "--clips 4 --seconds 6 --genres 3 --artists 2 --quiet".split()
    subprocess.run([sys.argv[1], "data", "synth", "--out", folder, *arguments], check=True)
    clips = sorted(Path(folder).rglob("*.wav"))
    genre = [path for path in clips if path.parent.name == "dustfolk"][0]
    with wave.open(str(genre)) as file:
        rate, pcm = file.getframerate(), file.readframes(file.getnframes())

encoder = lameenc.Encoder()
encoder.set_in_sample_rate(rate)
encoder.set_out_sample_rate(44100)
encoder.set_channels(1)
encoder.set_bit_rate(128)
encoder.set_quality(2)
encoder.silence()
OUT.write_bytes(bytes(encoder.encode(pcm) + encoder.flush()))
print(genre.name, OUT.stat().st_size, "bytes")
