/* SPDX-License-Identifier: MIT */
/*
 * switch_ppc64le.S - switching stacks by the ELFv2 ABI of PowerPC.
 *
 *     saved:  sp -> the 32 bytes that head every frame, v20 to v31,
 *                   f14 to f31, r14 to r31, r2
 *
 * The address to go on at, and the condition register, are where every function
 * leaves them: in the frame above. v20 to v31 are saved if the compiler may use
 * them (__ALTIVEC__), which for little endian it always may unless forbidden.
 */
#include "switch_asm.h"

#define SAVED_V 32
#define SAVED_F 224
#define SAVED_R 368
#define SAVED_R2 512
#define SAVED 528 /* and in the frame above: */
#define SAVED_CR (SAVED + 8)
#define SAVED_PC (SAVED + 16)

    .abiversion 2

.macro each_vector what
#ifdef __ALTIVEC__
    .irp n, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li 11, SAVED_V + 16 * (\n - 20)
    \what \n, 11, 1
    .endr
#endif
.endm

.macro each_other of_float, of_integer
    .irp n, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \of_float \n, SAVED_F + 8 * (\n - 14)(1)
    \of_integer \n, SAVED_R + 8 * (\n - 14)(1)
    .endr
.endm

/* Leaves the address to go on at in r0. */
.macro save_and_go_over
    mflr 0
    mfcr 12
    std 0, 16(1)
    .cfi_offset 65, 16
    stw 12, 8(1)
    stdu 1, -SAVED(1)
    .cfi_adjust_cfa_offset SAVED
    each_vector stvx
    each_other stfd, std
    std 2, SAVED_R2(1)
    std 1, 0(3)
    mr 1, 4
    mr 3, 5
    ld 2, SAVED_R2(1)
    each_other lfd, ld
    each_vector lvx
    lwz 12, SAVED_CR(1)
    ld 0, SAVED_PC(1)
    mtcrf 0x38, 12
    addi 1, 1, SAVED
    .cfi_adjust_cfa_offset -SAVED
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    save_and_go_over
    mtlr 0
    .cfi_restore 65
    blr
    .cfi_endproc
END_FUNCTION(eddy__switch)

FUNCTION(eddy__jump)
    .cfi_startproc
    save_and_go_over
    mtctr 0
    bctr
    .cfi_endproc
END_FUNCTION(eddy__jump)

/* The same from another place, which is foreseen by itself. */
FUNCTION(eddy__jump_back)
    .cfi_startproc
    save_and_go_over
    mtctr 0
    bctr
    .cfi_endproc
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: r14(r15, passed). Nobody called it. */
FUNCTION(eddy__begin)
    .cfi_startproc
    .cfi_undefined 65
    mr 4, 3
    mr 3, 15
    mr 12, 14 /* by which a function finds its table of contents */
    std 2, 24(1)
    mtctr 12
    bctrl
    ld 2, 24(1)
    trap
    .cfi_endproc
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back,
 * and above it the one of eddy__begin. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    mflr 8
    .cfi_register 65, 8
    bcl 20, 31, 1f
1:
    mflr 7
    mtlr 8
    .cfi_restore 65
    addi 7, 7, eddy__begin - 1b
    clrrdi 4, 4, 4
    addi 4, 4, -32
    addi 3, 4, -SAVED
    li 0, 0
    std 0, 0(4) /* the end of the chain of frames */
    stw 0, SAVED_CR(3)
    std 7, SAVED_PC(3)
    std 4, 0(3)
    std 5, SAVED_R(3)
    std 6, SAVED_R + 8(3)
    std 2, SAVED_R2(3)
    blr
    .cfi_endproc
END_FUNCTION(eddy__prepare)

FUNCTION(eddy__saved_pc)
    .cfi_startproc
    ld 3, SAVED_PC(3)
    blr
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

FUNCTION(eddy__fp_control)
    .cfi_startproc
    mffs 0
    stfd 0, -8(1)
    ld 3, -8(1)
    blr
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
    std 3, -8(1)
    lfd 0, -8(1)
    mtfsf 255, 0
    blr
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

NO_EXECUTABLE_STACK
