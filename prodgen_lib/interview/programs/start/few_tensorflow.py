import keras
import numpy as np


def program(pictures, labels, seconds):
    keras.utils.set_random_seed(0)
    data = pictures.reshape(-1, 3072).astype(np.float32) / 255
    network = keras.Sequential([keras.Input((3072,)), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(1e-3), loss)
    network.fit(data, labels, batch_size=len(data), epochs=300, verbose=0)

    def predict(pictures):
        given = pictures.reshape(-1, 3072).astype(np.float32) / 255
        return network(given).numpy().argmax(1)

    return predict
