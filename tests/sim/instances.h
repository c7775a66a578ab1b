// instances.h - the programs' own loops, run as members. Each file knows one of them, since their headers share names.
#ifndef HOTLINE_INSTANCES_H
#define HOTLINE_INSTANCES_H

void instances_prepare(void);             // what the programs hold in static memory is made before any member runs
void instances_run_tickets(void *instance);
void instances_run_units(void *instance);

#endif
