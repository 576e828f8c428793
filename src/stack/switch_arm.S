/* SPDX-License-Identifier: MIT */
/*
 * switch_arm.S - switching stacks by the AAPCS, in ARM as well as in Thumb code.
 *
 *     saved:  sp -> d8 to d15 if there are such registers, r3 (to keep the
 *                   stack aligned), r4 to r11, the address to go on at
 *
 * There are if the compiler may use them (__ARM_FP), however floating point is
 * passed: so the library and the program must be built for the same unit.
 */
#include "switch_asm.h"

#ifdef __ARM_FP
#define FLOATS 64
#else
#define FLOATS 0
#endif
#define SAVED (FLOATS + 40)
#define SAVED_PC (FLOATS + 36)

    .syntax unified
#ifdef __thumb2__
    .thumb
#define THUMB 1
#else
    .arm
#define THUMB 0
#endif
    .cfi_sections .debug_frame

.macro save_and_go_over to
    push {r3-r11, lr}
    .cfi_adjust_cfa_offset 40
    .cfi_rel_offset lr, 36
#ifdef __ARM_FP
    vpush {d8-d15}
    .cfi_adjust_cfa_offset FLOATS
#endif
    mov ip, sp
    str ip, [r0]
    mov sp, r1
    mov r0, r2
#ifdef __ARM_FP
    vpop {d8-d15}
    .cfi_adjust_cfa_offset -FLOATS
#endif
    ldmia sp!, {r3-r11, \to}
    .cfi_adjust_cfa_offset -40
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    save_and_go_over lr
    .cfi_restore lr
    bx lr
    .cfi_endproc
END_FUNCTION(eddy__switch)

/* By another register than lr, which would make it a return. */
FUNCTION(eddy__jump)
    .cfi_startproc
    save_and_go_over ip
    .cfi_register lr, ip
    bx ip
    .cfi_endproc
END_FUNCTION(eddy__jump)

/* The same from another place, which is foreseen by itself. */
FUNCTION(eddy__jump_back)
    .cfi_startproc
    save_and_go_over ip
    .cfi_register lr, ip
    bx ip
    .cfi_endproc
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: r4(r5, passed). Nobody called it. */
FUNCTION(eddy__begin)
.Lbegin:
    .fnstart
    .cantunwind
    .cfi_startproc
    .cfi_undefined lr
    mov r1, r0
    mov r0, r5
    blx r4
    udf 0
    .cfi_endproc
    .fnend
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    bic r0, r1, 7
    sub r0, r0, SAVED
    str r2, [r0, FLOATS + 4]
    str r3, [r0, FLOATS + 8]
    mov r2, 0
    str r2, [r0, FLOATS + 16] /* r7 or r11: the end of the chain of frames */
    str r2, [r0, FLOATS + 32]
    adr r2, .Lbegin
    orr r2, r2, THUMB
    str r2, [r0, SAVED_PC]
    bx lr
    .cfi_endproc
END_FUNCTION(eddy__prepare)

/* Without the bit that says which code is there. */
FUNCTION(eddy__saved_pc)
    .cfi_startproc
    ldr r0, [r0, SAVED_PC]
    bic r0, r0, 1
    bx lr
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

FUNCTION(eddy__fp_control)
    .cfi_startproc
    mov r1, 0
#ifdef __ARM_FP
    vmrs r0, fpscr
#else
    mov r0, 0
#endif
    bx lr
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
#ifdef __ARM_FP
    vmsr fpscr, r0
#endif
    bx lr
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

NO_EXECUTABLE_STACK
