"""Files that are neither code nor page: fonts, voice, pictures, models, definitions, samples."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
VOICE = ROOT / "voice"
IMAGES = ROOT / "images"
MODELS = ROOT / "models"
SAMPLES = ROOT / "samples"
TRANSACTIONS = ROOT / "transactions"
RATING = ROOT / "rating"
DEMO_HALL = SAMPLES / "demo_hall.yaml"
