#include "registration/operator_definition.h"

#include <exception>
#include <new>
#include <utility>

#include "parallel/ort_parallel_for.h"
#include "registration/operator_error.h"
#include "registration/ort_api.h"

namespace edgefleet {
namespace {

const OperatorDefinition& Self(const OrtCustomOp* op) { return *static_cast<const OperatorDefinition*>(op); }

OrtCustomOpInputOutputCharacteristic Characteristic(const Port& port) {
  return port.presence == Presence::kOptional ? INPUT_OUTPUT_OPTIONAL : INPUT_OUTPUT_REQUIRED;
}

// No exception may cross the C boundary.
template <typename Action>
OrtStatus* Guarded(Action&& action) noexcept {
  try {
    action();
    return nullptr;
  } catch (const OperatorError& error) {
    return Ort().CreateStatus(error.code(), error.what());
  } catch (const std::exception& error) {
    return Ort().CreateStatus(ORT_FAIL, error.what());
  }
}

// A kernel together with the definition that its messages name.
struct Node {
  const OperatorDefinition& definition;
  std::unique_ptr<Kernel> kernel;
};

}  // namespace

OperatorDefinition::OperatorDefinition(const char* name, std::vector<Port> inputs, std::vector<Port> outputs, const char* provider)
    : OrtCustomOp{}, name_(name), provider_(provider), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
  OrtCustomOp::version = kOldestOrtVersion;
  OrtCustomOp::GetName = [](const OrtCustomOp* op) { return Self(op).name_; };
  OrtCustomOp::GetExecutionProviderType = [](const OrtCustomOp* op) { return Self(op).provider_; };
  OrtCustomOp::GetInputTypeCount = [](const OrtCustomOp* op) { return Self(op).inputs_.size(); };
  OrtCustomOp::GetInputType = [](const OrtCustomOp* op, size_t i) { return Self(op).inputs_[i].type; };
  OrtCustomOp::GetInputCharacteristic = [](const OrtCustomOp* op, size_t i) { return Characteristic(Self(op).inputs_[i]); };
  OrtCustomOp::GetInputMemoryType = [](const OrtCustomOp* op, size_t i) { return Self(op).inputs_[i].memory; };
  OrtCustomOp::GetOutputTypeCount = [](const OrtCustomOp* op) { return Self(op).outputs_.size(); };
  OrtCustomOp::GetOutputType = [](const OrtCustomOp* op, size_t i) { return Self(op).outputs_[i].type; };
  OrtCustomOp::GetOutputCharacteristic = [](const OrtCustomOp* op, size_t i) { return Characteristic(Self(op).outputs_[i]); };
  // No port is variadic, but the runtime reads these members without asking.
  OrtCustomOp::GetVariadicInputMinArity = [](const OrtCustomOp*) { return 1; };
  OrtCustomOp::GetVariadicInputHomogeneity = [](const OrtCustomOp*) { return 1; };
  OrtCustomOp::GetVariadicOutputMinArity = [](const OrtCustomOp*) { return 1; };
  OrtCustomOp::GetVariadicOutputHomogeneity = [](const OrtCustomOp*) { return 1; };
  OrtCustomOp::GetStartVersion = [](const OrtCustomOp*) { return 1; };
  OrtCustomOp::GetEndVersion = [](const OrtCustomOp*) { return 1; };
  OrtCustomOp::CreateKernelV2 = [](const OrtCustomOp* op, const OrtApi*, const OrtKernelInfo* info, void** kernel) {
    return Guarded([&] {
      auto node = std::make_unique<Node>(Node{Self(op), nullptr});
      node->kernel = Self(op).MakeKernel(NodeAttributes(Self(op), info));
      *kernel = node.release();
    });
  };
  OrtCustomOp::KernelComputeV2 = [](void* kernel, OrtKernelContext* context) {
    return Guarded([&] {
      const Node& node = *static_cast<const Node*>(kernel);
      const OrtParallelFor parallel_for(context);
      KernelContext kernel_context(node.definition, context, parallel_for);
      node.kernel->Compute(kernel_context);
    });
  };
  OrtCustomOp::KernelDestroy = [](void* kernel) { delete static_cast<Node*>(kernel); };
  OrtCustomOp::InferOutputShapeFn = [](const OrtCustomOp* op, OrtShapeInferContext* context) {
    return Guarded([&] {
      ShapeContext shapes(Self(op), context);
      Self(op).InferShapes(shapes);
    });
  };
}

}  // namespace edgefleet
