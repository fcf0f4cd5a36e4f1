document.getElementById("onward").submit();
