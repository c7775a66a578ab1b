// json_memory.h - JSON that is whole, or no program.
//
// Without memory jansson leaves out what it has no room for, and who adds a member to an object hardly asks whether it is there: an answer would lack something.
// So it gets its memory from memory.h, where a program without memory ends. To be called by each program that knows JSON, before any of it.
#ifndef HOTLINE_JSON_MEMORY_H
#define HOTLINE_JSON_MEMORY_H

void json_memory_begin(void);

#endif
