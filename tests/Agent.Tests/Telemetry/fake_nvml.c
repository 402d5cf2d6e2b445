/* A library with NVML's functions and invented values, so that the real one is not needed. -DJETSON answers "not supported" to queries of a device
   as the real one does on a Jetson; -DNO_DRIVER refuses to start; -DOLD lacks the energy counter. */
#include <string.h>
#define OK 0
#define NOT_SUPPORTED 3
#define DRIVER_NOT_LOADED 9
typedef void *device;
unsigned long long fake_nvml_energy = 1000000;
int fake_nvml_shutdowns = 0;
const char *nvmlErrorString(int status) { return status == NOT_SUPPORTED ? "Not Supported" : status == DRIVER_NOT_LOADED ? "Driver Not Loaded" : "Unknown"; }
int nvmlShutdown(void) { fake_nvml_shutdowns++; return OK; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { strncpy(text, "575.57.08", size); return OK; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12090; return OK; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device *handle) { *handle = (device)(unsigned long)(index + 1); return OK; }
int nvmlDeviceGetName(device handle, char *text, unsigned size) { (void)handle; strncpy(text, "Fake GPU", size); return OK; }
int nvmlDeviceGetUUID(device handle, char *text, unsigned size) { (void)handle; strncpy(text, "GPU-0123", size); return OK; }
#ifdef NO_DRIVER
int nvmlInit_v2(void) { return DRIVER_NOT_LOADED; }
#else
int nvmlInit_v2(void) { return OK; }
#endif
#ifdef JETSON
#define VALUE(type, expression) { (void)handle; (void)value; return NOT_SUPPORTED; }
#else
#define VALUE(type, expression) { *value = (type)(expression) + (handle == (device)2); return OK; }
#endif
int nvmlDeviceGetPowerUsage(device handle, unsigned *value) VALUE(unsigned, 251500)
int nvmlDeviceGetTemperature(device handle, int kind, unsigned *value) { (void)kind; VALUE(unsigned, 61) }
int nvmlDeviceGetClockInfo(device handle, int kind, unsigned *value) VALUE(unsigned, kind == 1 ? 1980 : kind == 2 ? 2619 : 0)
int nvmlDeviceGetMaxClockInfo(device handle, int kind, unsigned *value) VALUE(unsigned, kind == 1 ? 2100 : 0)
int nvmlDeviceGetEnforcedPowerLimit(device handle, unsigned *value) VALUE(unsigned, 400000)
int nvmlDeviceGetCurrentClocksThrottleReasons(device handle, unsigned long long *value) VALUE(unsigned long long, 4)
#ifndef OLD
int nvmlDeviceGetTotalEnergyConsumption(device handle, unsigned long long *value) VALUE(unsigned long long, fake_nvml_energy += 500)
#endif
#ifdef JETSON
int nvmlDeviceGetUtilizationRates(device handle, unsigned *rates) { (void)handle; (void)rates; return NOT_SUPPORTED; }
int nvmlDeviceGetMemoryInfo(device handle, unsigned long long *sizes) { (void)handle; (void)sizes; return NOT_SUPPORTED; }
#else
int nvmlDeviceGetUtilizationRates(device handle, unsigned *rates) { (void)handle; rates[0] = 87; rates[1] = 40; return OK; }
int nvmlDeviceGetMemoryInfo(device handle, unsigned long long *sizes) { (void)handle; sizes[0] = 80; sizes[1] = 50; sizes[2] = 30; return OK; }
#endif
