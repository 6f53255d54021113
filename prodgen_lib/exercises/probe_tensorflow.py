"""How an exercise looks into an answer in TensorFlow; `probe_torch` has the same functions.

Any Keras model that knows its layers will do, Sequential or functional: weights are taken in the
order in which the model lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from prodgen_lib.checking.exercise import Complaint
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import RETURNS_NOTHING
from prodgen_lib.tensorflow import bridge  # noqa: F401  (keeps TensorFlow's import quiet)

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

ANSWER = Text("The answer", "答案")


def array(value: object, what: Text = ANSWER) -> np.ndarray:
    """The numbers of a float tensor; a complaint about anything else."""
    if not isinstance(value, tf.Tensor | tf.Variable | keras.Variable):
        raise Complaint(
            f"{what.en} is {kind(value).en}; expected a tf.Tensor.",
            f"{what.zh}是 {kind(value).zh}；应为 tf.Tensor。",
        )
    numbers = np.asarray(value)
    if numbers.dtype.kind != "f":
        raise Complaint(
            f"{what.en} is a tensor of {numbers.dtype}; expected float32.",
            f"{what.zh}是 {numbers.dtype} 张量；应为 float32。",
        )
    return numbers.astype(np.float64)


def model(value: object) -> keras.Model:
    """`value`, which must be a network that can be cloned: Sequential or functional."""
    if not isinstance(value, keras.Model):
        raise Complaint(
            f"The answer is {kind(value).en}; expected a keras.Sequential.",
            f"答案给出的是 {kind(value).zh}；应为 keras.Sequential。",
        )
    if not isinstance(value, keras.Sequential | keras.src.models.functional.Functional):
        raise Complaint(
            "A subclass of keras.Model can't be cloned: return a keras.Sequential.",
            "keras.Model 的子类无法克隆：请返回 keras.Sequential。",
        )
    if not value.built:
        raise Complaint(
            "The network has no weights yet: start it with keras.Input.",
            "网络还没有权重：请用 keras.Input 作为开头。",
        )
    return value


def kind(value: object) -> Text:
    """What something is, for a complaint."""
    name = type(value).__name__
    return RETURNS_NOTHING if value is None else Text(f"of type {name}", f"{name} 类型")


def graph_free(value: object) -> bool:
    """Whether nothing can be differentiated through `value`: TensorFlow's tapes see to that."""
    return True


def pictures(images: np.ndarray, dtype: str = "float32") -> tf.Tensor:
    """Pictures N×H×W×C, or one H×W×C, in this framework's layout."""
    return tensor(images, dtype)


def tensor(numbers: np.ndarray, dtype: str = "float32") -> tf.Tensor:
    """Numbers as a tensor."""
    return tf.constant(numbers, dtype)


def sizes(images: tf.Tensor) -> tuple[int, int, int]:
    """Height, width and channels of pictures."""
    if len(images.shape) != 4:
        shape = tuple(images.shape)
        raise Complaint(
            f"The pictures have shape {shape}; expected N×H×W×C.",
            f"图片的形状是 {shape}；应为 N×H×W×C。",
        )
    return tuple(images.shape[1:])


def call(network: keras.Model, inputs: tf.Tensor, *, training: bool) -> tf.Tensor:
    """The output of a network in one of its two modes."""
    return network(inputs, training=training)


def value_and_gradients(
    function: Callable[..., tf.Tensor], *tensors: tf.Tensor
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The value, and the gradient of its sum for each tensor: zeros where there is none."""
    inputs = [tf.identity(tensor) for tensor in tensors]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = function(*inputs)
    numbers = array(value)
    gradients = tape.gradient(value, inputs, unconnected_gradients="zero")
    return numbers, [array(gradient) for gradient in gradients]


def weight_gradients(function: Callable[[], tf.Tensor], network: keras.Model) -> list[np.ndarray]:
    """The gradient of `function()` for each parameter."""
    with tf.GradientTape() as tape:
        value = function()
    variables = [variable.value for variable in network.trainable_variables]
    gradients = tape.gradient(value, variables, unconnected_gradients="zero")
    return [array(gradient) for gradient in gradients]


def leaves_no_gradients(network: keras.Model) -> bool:
    """Whether no parameter holds a stored gradient: there is no such thing here."""
    return True


def spoil_gradients(network: keras.Model) -> None:
    """Leave earlier gradients behind: there is no such thing here."""


def can_learn(network: keras.Model) -> bool:
    """Whether every parameter can be trained."""
    return network.trainable and all(layer.trainable for layer in network.layers)


def stored_gradients(network: keras.Model) -> list[np.ndarray]:
    """The gradients that the parameters hold: none are stored here."""
    return [np.zeros(tuple(variable.shape)) for variable in network.trainable_variables]


def readiness(network: keras.Model) -> np.ndarray:
    """Whether weights are frozen, in words; each call says its mode here."""
    return np.asarray("training" if can_learn(network) else "frozen")


def in_training(network: keras.Model) -> bool:
    """Whether every layer is in training mode: each call says so here."""
    return True


def parameters(network: keras.Model) -> list[np.ndarray]:
    """Copies of what training changes, as the framework holds it."""
    return [array(variable).copy() for variable in network.trainable_variables]


def statistics(network: keras.Model) -> list[np.ndarray]:
    """Copies of batch norm's moving statistics."""
    return [array(variable).copy() for variable in network.non_trainable_variables]


def fill(network: keras.Model, draw: Callable[[tuple[int, ...], bool], np.ndarray]) -> None:
    """Set all weights to `draw(shape, is_statistic)`."""
    for variable in network.trainable_variables:
        variable.assign(draw(tuple(variable.shape), False))
    for variable in network.non_trainable_variables:
        variable.assign(draw(tuple(variable.shape), True))


def shift(network: keras.Model, amount: float) -> None:
    """Add `amount` to every weight and statistic."""
    for variable in network.variables:
        variable.assign(variable + amount)


def sgd(network: keras.Model, learning_rate: float) -> keras.optimizers.SGD:
    """Plain gradient descent: a step is the gradient itself, so that its size shows."""
    return sgd_of_all([network], learning_rate)


def sgd_of_all(networks: Iterable[keras.Model], learning_rate: float) -> keras.optimizers.SGD:
    """Plain gradient descent on the weights of several networks."""
    optimizer = keras.optimizers.SGD(learning_rate)
    optimizer.build([weight for network in networks for weight in network.trainable_variables])
    return optimizer


def compiled(function: Callable) -> Callable:
    """The function as the chapter's training loop calls it: compiled, with a tensor for a decay.

    TensorFlow's advice against compiling often is not for a check, and is kept quiet.
    """
    quick, logger = tf.function(function), tf.get_logger()

    def call_quietly(*inputs, **options):
        level = logger.level
        logger.setLevel("ERROR")
        inputs = [tf.constant(i) if isinstance(i, float) else i for i in inputs]
        try:
            return quick(*inputs, **options)
        except Exception as error:
            name = type(error).__name__
            raise Complaint(
                f"It works as it is, but not compiled by `tf.function`, as the training loop calls "
                f"it ({name}): use TensorFlow's operations, no numpy.",
                f"直接运行没有问题，但像训练循环那样用 `tf.function` 编译后就不行（{name}）："
                "请使用 TensorFlow 的运算，不要用 numpy。",
            ) from error
        finally:
            logger.setLevel(level)

    return call_quietly


def tiny_generator(*, batch_norm: bool = True) -> keras.Sequential:
    """Noise (N, 3) to pictures of 4×4 pixels and one channel."""
    norm = [layers.BatchNormalization(momentum=0.9, epsilon=1e-5)] if batch_norm else []
    last = [layers.Activation("tanh"), layers.Reshape((4, 4, 1))]
    return keras.Sequential([keras.Input((3,)), layers.Dense(16), *norm, *last])


def tiny_discriminator(channels: int, classes: int = 0) -> keras.Sequential:
    """Pictures of 4×4 pixels to logits (N,), or (N, classes); curved everywhere."""
    return keras.Sequential(
        [
            keras.Input((4, 4, channels)),
            layers.Conv2D(6, 4, activation="tanh"),
            layers.Conv2D(max(classes, 1), 1),
            layers.Reshape((classes,) if classes else ()),
        ]
    )


def tiny_denoiser() -> keras.Sequential:
    """Pictures of one channel to pictures of the same size."""
    first = layers.Conv2D(4, 3, padding="same", activation="tanh")
    return keras.Sequential(
        [keras.Input((None, None, 1)), first, layers.Conv2D(1, 3, padding="same")]
    )


class TinyFlow(keras.Model):
    def __init__(self, count: int):
        super().__init__()
        self.line = [self.add_weight(shape=(1,), name=f"weight_{k}") for k in range(count)]

    def call(self, mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        told = (t, *tf.unstack(tf.cast(labels, tf.float32), axis=1))
        at, *asked = (tf.reshape(x, [-1, *[1] * (len(mixed.shape) - 1)]) for x in told)
        terms = mixed, at, at * mixed, *asked
        return sum(weight * term for weight, term in zip(self.line, terms, strict=False))


def tiny_flow(count: int) -> keras.Model:
    """Velocities that are linear in `count` weights, called as the networks of a flow are.

    The weights stand before the mixture, the time t, t · mixture, and the label of each question.
    """
    return TinyFlow(count)


def linear_discriminator() -> keras.Sequential:
    """Pictures of 2×2 pixels and one channel to logits (N,): a weight for each pixel."""
    return keras.Sequential([keras.Input((2, 2, 1)), layers.Conv2D(1, 2), layers.Reshape(())])


def watch_batches(network: keras.Model) -> tuple[keras.Model, list[int]]:
    """The network, and a list that grows by the size of each batch that it is given."""
    sizes: list[int] = []
    return _watched(network, lambda inputs: sizes.append(int(inputs.shape[0]))), sizes


def watch_inputs(network: keras.Model) -> tuple[keras.Model, list[tf.Tensor]]:
    """The network, and a list that grows by each batch that it is given."""
    inputs: list[tf.Tensor] = []

    def see(given: tf.Tensor) -> None:
        tf.py_function(inputs.append, [given], [])  # inside a graph too, where it runs

    return _watched(network, see), inputs


def _watched(network: keras.Model, see: Callable[[tf.Tensor], None]) -> keras.Model:
    class Watched(keras.Model):
        def __init__(self):
            super().__init__()
            self.network = network

        def call(self, inputs, training=None):
            if tf.is_symbolic_tensor(inputs):  # in a graph: see the numbers when it runs
                tf.py_function(see, [inputs], [])
            else:
                see(inputs)
            return self.network(inputs, training=training)

    return Watched()
