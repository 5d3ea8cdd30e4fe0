"""What can be wrong with data or a request, said so that an analyst can put it right."""


class PsychometricsError(ValueError):
    """Data or a request that cannot be analysed; the message names what, and a remedy."""


class ResponsesError(PsychometricsError):
    """The answers are not what they must be: the message names the item or column, and the row."""


class ModelError(PsychometricsError):
    """A model, parameter, anchor or prior does not fit its item."""


class EstimationError(PsychometricsError):
    """What was asked for cannot be estimated from these answers."""
