/* SPDX-License-Identifier: MIT */
/*
 * switch_aarch64.S - switching stacks by the AAPCS64, on ELF and on Mach-O.
 *
 *     saved:  sp -> x19 to x28, x29, the address to go on at, d8 to d15
 *
 * Landing pads are written as hints, which every assembler takes and processors
 * that know none pass by. Where eddy__jump goes on there must be one too:
 * switch.h sees to that.
 */
#include "switch_asm.h"

#define SAVED 160
#define SAVED_FP 80 /* x29 and the address to go on at */

#define LAND_CALL hint 34 /* bti c */
#define LAND_ANY hint 38  /* bti jc */

.macro save_and_go_over
    sub sp, sp, SAVED
    .cfi_adjust_cfa_offset SAVED
    stp x19, x20, [sp, 0]
    stp x21, x22, [sp, 16]
    stp x23, x24, [sp, 32]
    stp x25, x26, [sp, 48]
    stp x27, x28, [sp, 64]
    stp x29, x30, [sp, SAVED_FP]
    .cfi_rel_offset x29, SAVED_FP
    .cfi_rel_offset x30, SAVED_FP + 8
    stp d8, d9, [sp, 96]
    stp d10, d11, [sp, 112]
    stp d12, d13, [sp, 128]
    stp d14, d15, [sp, 144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    mov x0, x2
    ldp x19, x20, [sp, 0]
    ldp x21, x22, [sp, 16]
    ldp x23, x24, [sp, 32]
    ldp x25, x26, [sp, 48]
    ldp x27, x28, [sp, 64]
    ldp x29, x30, [sp, SAVED_FP]
    .cfi_restore x29
    .cfi_restore x30
    ldp d8, d9, [sp, 96]
    ldp d10, d11, [sp, 112]
    ldp d12, d13, [sp, 128]
    ldp d14, d15, [sp, 144]
    add sp, sp, SAVED
    .cfi_adjust_cfa_offset -SAVED
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    LAND_CALL
    save_and_go_over
    ret
    .cfi_endproc
END_FUNCTION(eddy__switch)

FUNCTION(eddy__jump)
    .cfi_startproc
    LAND_CALL
    save_and_go_over
    br x30
    .cfi_endproc
END_FUNCTION(eddy__jump)

/* The same from another place, which is foreseen by itself. */
FUNCTION(eddy__jump_back)
    .cfi_startproc
    LAND_CALL
    save_and_go_over
    br x30
    .cfi_endproc
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: x19(x20, passed). Nobody called it. */
FUNCTION(eddy__begin)
    .cfi_startproc
    .cfi_undefined x30
    LAND_ANY
    mov x1, x0
    mov x0, x20
    blr x19
    brk 1
    .cfi_endproc
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    LAND_CALL
    and x0, x1, -16
    sub x0, x0, SAVED
    stp x2, x3, [x0]
#ifdef __APPLE__
    adrp x4, NAME(eddy__begin)@PAGE
    add x4, x4, NAME(eddy__begin)@PAGEOFF
#else
    adrp x4, eddy__begin
    add x4, x4, :lo12:eddy__begin
#endif
    stp xzr, x4, [x0, SAVED_FP] /* 0: the end of the chain of frames */
    ret
    .cfi_endproc
END_FUNCTION(eddy__prepare)

FUNCTION(eddy__saved_pc)
    .cfi_startproc
    LAND_CALL
    ldr x0, [x0, SAVED_FP + 8]
    ret
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

FUNCTION(eddy__fp_control)
    .cfi_startproc
    LAND_CALL
    mrs x0, fpcr
    ret
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
    LAND_CALL
    msr fpcr, x0
    ret
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

FEATURE_BTI
NO_EXECUTABLE_STACK
