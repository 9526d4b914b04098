"""What networks learn from: sets made by formulas, truth tables, bundled tables, and CSV files of your own.

Start with `load`: it takes a name out of `names()` or the path of a CSV file, and gives a `Dataset` with a train part
and a test part. Needs numpy and nothing else.

>>> from mgrad.datasets import load
>>> iris = load("iris")
>>> iris.problem, iris.classes, iris.captions[0]
('classification', ('setosa', 'versicolor', 'virginica'), 'sepal length (cm)')
>>> iris.train.inputs.shape, iris.test.inputs.shape
((75, 4), (75, 4))
"""

from mgrad.datasets.catalogue import Entry, catalogue, names
from mgrad.datasets.dataset import Dataset, Part, Problem
from mgrad.datasets.loading import load
from mgrad.datasets.preview import ColumnPreview, Preview, preview
from mgrad.datasets.scaling import Scaling

__all__ = [
    "ColumnPreview",
    "Dataset",
    "Entry",
    "Part",
    "Preview",
    "Problem",
    "Scaling",
    "catalogue",
    "load",
    "names",
    "preview",
]
