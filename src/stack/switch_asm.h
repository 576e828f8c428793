/* SPDX-License-Identifier: MIT */
/* switch_asm.h - what the assembler files share: how a function begins and
 * ends, and notes for the linker. */
#ifndef EDDY_SWITCH_ASM_H
#define EDDY_SWITCH_ASM_H

#ifdef __APPLE__
#define NAME(name) _##name
#define FUNCTION(name)                                                         \
    .private_extern NAME(name) % %.globl NAME(name) % %.p2align 4 % %          \
        NAME(name) :
#define END_FUNCTION(name)
#define NO_EXECUTABLE_STACK .subsections_via_symbols
#define FEATURES_IBT
#else
#define NAME(name) name
/* clang-format off */
#define FUNCTION(name)                                                         \
    .text; .globl name; .hidden name; .type name, %function; .p2align 4; name:
#define END_FUNCTION(name) .size name, . - name
#define NO_EXECUTABLE_STACK .section .note.GNU-stack, "", %progbits
/* The object keeps to indirect branch tracking, and not to shadow stacks: the
 * linker marks a program with what all of its objects keep to. */
#define FEATURES_IBT                                                           \
    .section .note.gnu.property, "a"; .p2align 3; .long 4, 16, 5;              \
    .asciz "GNU"; .long 0xc0000002, 4, 1, 0; .text
/* clang-format on */
#endif

#endif
