/* SPDX-License-Identifier: MIT */
/* switch_asm.h - what the assembler files share: how a function begins and
 * ends, and notes for the linker. */
#ifndef EDDY_SWITCH_ASM_H
#define EDDY_SWITCH_ASM_H

/* clang-format off */
#ifdef __APPLE__
/* What parts instructions on a line differs: on arm64 it is not `;`. */
#ifdef __aarch64__
#define FUNCTION(name)                                                         \
    .text %% .globl NAME(name) %% .private_extern NAME(name) %%                \
    .p2align 4 %% NAME(name):
#else
#define FUNCTION(name)                                                         \
    .text; .globl NAME(name); .private_extern NAME(name);                      \
    .p2align 4; NAME(name):
#endif
#define NAME(name) _##name
#define END_FUNCTION(name)
#define NO_EXECUTABLE_STACK
#define FEATURE(word)
#else
#define NAME(name) name
#define FUNCTION(name)                                                         \
    .text; .globl name; .hidden name; .type name, %function; .p2align 4; name:
#define END_FUNCTION(name) .size name, . - name
#define NO_EXECUTABLE_STACK .section .note.GNU-stack, "", %progbits
/* What the object keeps to: the linker marks a program with what all of its
 * objects keep to. */
#define FEATURE(word)                                                          \
    .section .note.gnu.property, "a"; .p2align 3; .long 4, 16, 5;              \
    .asciz "GNU"; .long word, 4, 1, 0; .text
#endif
/* clang-format on */

/* Indirect branches end on landing pads. Neither is marked for shadow stacks,
 * which these do not keep. */
#define FEATURE_IBT FEATURE(0xc0000002)
#define FEATURE_BTI FEATURE(0xc0000000)

#endif
