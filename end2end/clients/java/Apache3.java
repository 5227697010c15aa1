// Fetches a file with Apache Commons HttpClient 3: Apache3 URL OUT [USER PASSWORD]

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.httpclient.HttpClient;
import org.apache.commons.httpclient.UsernamePasswordCredentials;
import org.apache.commons.httpclient.auth.AuthScope;
import org.apache.commons.httpclient.methods.GetMethod;

public class Apache3 {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = new HttpClient();
        if (arguments.length == 4) {
            client.getState().setCredentials(AuthScope.ANY, new UsernamePasswordCredentials(arguments[2], arguments[3]));
        }
        GetMethod get = new GetMethod(arguments[0]);
        if (client.executeMethod(get) == 200) Files.copy(get.getResponseBodyAsStream(), Path.of(arguments[1]));
    }
}
