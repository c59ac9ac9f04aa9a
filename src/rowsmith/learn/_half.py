"""A matrix product of half-precision numbers, summed in full: several times as fast where the machine has them. Imports JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.custom_vjp
def product(left: jax.Array, right: jax.Array) -> jax.Array:
    """The product of two matrices, and its slopes by the same way.

    >>> product(jnp.ones((2, 3)), jnp.ones((3, 1))).ravel().tolist()
    [3.0, 3.0]
    """
    return jnp.matmul(left.astype(jnp.bfloat16), right.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


def _forwards(left: jax.Array, right: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return product(left, right), (left, right)


def _backwards(both: tuple[jax.Array, jax.Array], slope: jax.Array) -> tuple[jax.Array, jax.Array]:
    left, right = both
    return product(slope, right.T), product(left.T, slope)


product.defvjp(_forwards, _backwards)
