"""Numbers for the tests of the networks. Run with librosa 0.11.0, torch 2.8.0, numpy; prints, and writes neural/."""
import numpy as np
import librosa

y = (0.5 * np.sin(2 * np.pi * 440 / 16000 * np.arange(8000))).astype(np.float32)
m = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=256, n_mels=96, window="hamming")
print("mel_frames", m.shape, float(m.sum()), [float(m[b, 16]) for b in (10, 24, 25, 60)])
