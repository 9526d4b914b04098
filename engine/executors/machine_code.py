"""From the kernels to machine code for this processor, and from that to a function that can be called.

Both halves know LLVM only. The second needs none of what the first is made of: loading takes some hundredths of a
second.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import llvmlite
import llvmlite.binding as llvm

if TYPE_CHECKING:
    from llvmlite import ir

Execute = Callable[[int], int]
"""Runs what a call asks for, see `calls`; it is given the address of its fields. It holds no lock of Python's."""

_PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
_FROM_C = ("pow", "log", "sin", "cos", "sincos", "memset", "memcpy")


def processor() -> str:
    """What machine code depends on: the compiler and the processor, with all that it can do."""
    return f"{llvmlite.__version__} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def compile_kernels() -> bytes:
    """The kernels as an object file for this processor, with the function `execute`."""
    from mgrad.engine.executors.kernels import write_kernels

    return compile_module(write_kernels())


def compile_module(written: ir.Module) -> bytes:
    """An object file for this processor."""
    module = llvm.parse_assembly(str(written))
    module.verify()
    machine = _machine()
    module.data_layout = str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    # Kernels are written in vectors as wide as the machine's; LLVM's own attempts only make the code longer.
    options.loop_vectorization = options.slp_vectorization = False
    options.loop_unrolling = options.loop_interleaving = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return machine.emit_object(module)


@dataclass(frozen=True)
class Kernels:
    """Kernels that can be called, and the engine that holds their code."""

    execute: Execute
    engine: llvm.ExecutionEngine = field(repr=False)


def load_kernels(code: bytes) -> Kernels:
    """Takes in what `compile_module` gave for a module with a function `execute`."""
    machine = _machine()
    _know_functions_of_c()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Kernels(_PROTOTYPE(engine.get_function_address("execute")), engine)


def _machine() -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        codemodel="jitdefault",
        jit=True,
    )


def _know_functions_of_c() -> None:
    """LLVM would end the whole process where it does not find what the code calls."""
    unknown = [name for name in _FROM_C if not llvm.address_of_symbol(name)]
    if unknown:
        library = ctypes.CDLL(find_library("m") or find_library("msvcrt"))
        for name in unknown:
            function = getattr(library, name, None)
            if function is not None:
                llvm.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
